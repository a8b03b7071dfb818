import { UsageError } from '../errors.js';
import { formatBytes } from '../fetch/bytes.js';
import { isComplete, runFetch } from '../fetch/fetch-preset.js';
import { hubCache } from '../fetch/hub-cache.js';
import { checkRoom, planFetch } from '../fetch/plan.js';
import type { Preset } from '../fetch/preset.js';
import type { FetchContext } from '../fetch/sources.js';
import { createWeb } from '../fetch/web.js';
import type { Progress, Work } from '../work.js';
import { amount, type Fetched } from './describe-fetched.js';

/** Hugging Face's settings of the environment; see its `huggingface_hub` documentation, "Environment variables". */
export function contextFrom(
  env: Readonly<Record<string, string | undefined>>,
  bin: boolean,
  { progress, signal }: Work,
): FetchContext {
  const endpoint = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  if (!URL.canParse(endpoint) || !/^https?:/.test(endpoint)) {
    throw new UsageError(`HF_ENDPOINT is "${endpoint}", which is no http(s) address: correct or unset it`);
  }
  const offline = /^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? '');
  const token = env.HF_TOKEN || undefined;
  const proxy = env.HTTPS_PROXY || env.https_proxy;
  const hint =
    proxy && env.NODE_USE_ENV_PROXY !== '1'
      ? 'Node goes through the proxy that HTTPS_PROXY names only where NODE_USE_ENV_PROXY=1 is set, from Node 22.21 and 24 on'
      : undefined;
  const web = createWeb({ endpoint, token, signal, offline, hint, onWait: progress.say });
  return { web, cache: hubCache(env), bin };
}

/** How often a progress display is told, in milliseconds. */
const REFRESH = 200;

/** Fetches what a preset's folder lacks, or only says what that would be. Errors as `planFetch` and `runFetch`. */
export async function fetchOne(
  preset: Preset,
  folder: string,
  dryRun: boolean,
  context: FetchContext,
  progress: Progress,
): Promise<Fetched> {
  const { name } = preset;
  if (await isComplete(preset, folder)) return { name, folder, state: 'already here' };
  const plan = await planFetch(preset, folder, context);
  if (dryRun) return { name, folder, state: 'planned', plan };
  checkRoom(plan);
  progress.say(`${preset.title} into ${folder}: ${amount(plan)}; license: ${preset.license}`);
  let told = 0;
  progress.start(name, Math.max(1, plan.missing), formatBytes);
  try {
    await runFetch(plan, context.web, {
      onNote: progress.say,
      onBytes: done => {
        if (done < plan.missing && Date.now() < told + REFRESH) return;
        told = Date.now();
        progress.update(done);
      },
    });
  } finally {
    progress.stop();
  }
  return { name, folder, state: 'fetched', plan };
}
