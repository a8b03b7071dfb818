import { fileURLToPath } from 'node:url';

/** The folder of this package, where `configs` and `weights` lie. */
export const packageRoot: string = fileURLToPath(new URL('..', import.meta.url));
