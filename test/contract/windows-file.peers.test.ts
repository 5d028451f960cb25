import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows-file.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows-file.cases.ts', import.meta.url));
