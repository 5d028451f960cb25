import { peer } from '../../../support/peers.ts';
import { testUnderWine, windowsPath } from '../../../support/wine.ts';
import { suite } from './interop.cases.ts';

const go = peer('go-keyring-windows');

testUnderWine(go && peer('wine'), suite, new URL('interop.cases.ts', import.meta.url), {
  ATMOS_TEST_GO_KEYRING: windowsPath(go?.path ?? ''),
});
