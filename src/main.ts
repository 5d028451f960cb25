import { refuseInspector } from './host/inspector.ts';

// The first line of every command, before the rest of the program is even read: any of them may hold
// a secret.
refuseInspector();
void import('./cli/start.ts').then(({ start }) => start());
