import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows-ownership.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows-ownership.cases.ts', import.meta.url));
