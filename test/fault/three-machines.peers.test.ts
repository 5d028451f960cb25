import { testThreeMachines } from './three-machines.ts';

testThreeMachines('every');
