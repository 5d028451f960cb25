import { peer } from '../support/peers.ts';
import { testUnderWine, windowsPath } from '../support/wine.ts';
import { suite } from './windows.cases.ts';

const go = peer('go-windows');

testUnderWine(go && peer('wine'), suite, new URL('windows.cases.ts', import.meta.url), {
  ATMOS_TEST_GO: windowsPath(go?.path ?? ''),
});
