import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.js';

/** The names of what the package's configs have of a kind: `suites`, `protocols`. */
export const configNames = (kind: 'suites' | 'protocols'): string[] =>
  readdirSync(join(packageRoot, 'configs', kind))
    .filter(file => file.endsWith('.json'))
    .map(file => file.slice(0, -'.json'.length));
