import { afterAll } from 'vitest';
import { clearWorlds } from '../world/world.ts';

// Test files of one worker share its PostgreSQL: each finds it as the first one did.
afterAll(clearWorlds);
