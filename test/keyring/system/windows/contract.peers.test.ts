import { peer } from '../../../support/peers.ts';
import { testUnderWine } from '../../../support/wine.ts';
import { suite } from './contract.cases.ts';

testUnderWine(peer('wine'), suite, new URL('contract.cases.ts', import.meta.url));
