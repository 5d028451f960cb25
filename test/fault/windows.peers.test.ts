import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows.cases.ts', import.meta.url));
