import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite } from './windows-commands.cases.ts';

testUnderWine(peer('wine'), suite, new URL('windows-commands.cases.ts', import.meta.url));
