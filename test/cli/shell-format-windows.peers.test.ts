import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './shell-format-windows.cases.ts';

testUnderWine(peer('wine'), suite, new URL('shell-format-windows.cases.ts', import.meta.url));
