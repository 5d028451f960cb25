// Everything of Windows that src/host/windows/load.ts loads at once.
export { isRemote } from './files.ts';
export { windowsPermissionCheck } from './permissions.ts';
export { retryWhileOpen } from './retry-while-open.ts';
export { moveFile, removeByMoving } from './files.ts';
export { makePrivateDirectory, makePrivateFile } from './permissions.ts';
