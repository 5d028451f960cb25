import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows-shells.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows-shells.cases.ts', import.meta.url));
