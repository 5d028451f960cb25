import { peer } from '../support/peers.ts';
import { testUnderWine } from '../support/wine.ts';
import { suite as onFile } from './installed-file.cases.ts';
import { suite as onSystem } from './installed-system.cases.ts';

const wine = peer('wine');

testUnderWine(wine, onFile, new URL('installed-file.cases.ts', import.meta.url));
testUnderWine(wine, onSystem, new URL('installed-system.cases.ts', import.meta.url));
