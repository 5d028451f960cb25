import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows-programs.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows-programs.cases.ts', import.meta.url));
