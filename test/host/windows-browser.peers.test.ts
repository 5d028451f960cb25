import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows-browser.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows-browser.cases.ts', import.meta.url));
