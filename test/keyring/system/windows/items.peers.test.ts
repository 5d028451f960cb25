import { peer } from '../../../support/peers.ts';
import { testUnderWine } from '../../../support/wine.ts';
import { suite } from './items.cases.ts';

testUnderWine(peer('wine'), suite, new URL('items.cases.ts', import.meta.url));
