import { formatBytes } from '../fetch/bytes.js';
import type { Plan } from '../fetch/plan.js';

/** What became of one preset. */
export interface Fetched {
  readonly name: string;
  readonly folder: string;
  readonly state: 'already here' | 'planned' | 'fetched';
  /** Without it nothing was asked of any source. */
  readonly plan?: Plan;
}

/** How much there is to fetch, in words. */
export function amount({ files, bytes, missing, needed, free }: Plan): string {
  const lacking = files.filter(({ here }) => !here).length;
  const rest = lacking === files.length ? '' : `, ${lacking} files of ${formatBytes(missing)} still missing`;
  return `${files.length} files of ${formatBytes(bytes)}${rest}; ${formatBytes(needed)} of ${formatBytes(free)} free on the disk`;
}

/** A result as `--json` prints it. */
export const summaryOf = ({ plan, ...result }: Fetched) => ({
  ...result,
  ...(plan && {
    bytes: plan.bytes,
    missing: plan.missing,
    needed: plan.needed,
    free: plan.free,
    files: plan.files.map(({ path, bytes, from, here, begun }) => ({ path, bytes, from, here, begun })),
  }),
});

/** A result for people. */
export function describeFetched({ name, folder, state, plan }: Fetched): string {
  if (!plan) return `${name} is in ${folder} already`;
  if (state === 'fetched') {
    const torch = plan.files.some(({ path }) => path.endsWith('.bin'));
    const convert = `; convert its weights: python scripts/convert_bin_to_safetensors.py ${folder}`;
    return `${name} is in ${folder}${torch ? convert : ''}`;
  }
  const files = plan.files.map(({ path, bytes, from, here, begun, cached }) => {
    const done = here
      ? 'here'
      : cached
        ? "in Hugging Face's cache"
        : begun > 0
          ? `${formatBytes(begun)} here`
          : '';
    return `  ${formatBytes(bytes).padStart(8)}  ${path}  ${done ? `(${done})` : `from ${from}`}`;
  });
  const room = plan.needed > plan.free ? '; that is not enough' : '';
  return [`${name} into ${folder}: ${amount(plan)}${room}`, ...files].join('\n');
}
