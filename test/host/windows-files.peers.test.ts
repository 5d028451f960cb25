import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows-files.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows-files.cases.ts', import.meta.url));
