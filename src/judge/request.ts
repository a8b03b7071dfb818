import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../errors.js';
import { withoutKey } from './without-key.js';

export interface RequestOptions {
  /** Sent as the bearer's; shown nowhere. */
  readonly key: string | undefined;
  /** Milliseconds that one try may take. */
  readonly timeout: number;
  readonly tries: number;
  /** Waits so many milliseconds before another try. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly signal: AbortSignal;
}

/** Waits for real. */
export const waitFor: RequestOptions['wait'] = (milliseconds, signal) =>
  sleep(milliseconds, undefined, { signal });

/** The first pause after a failure; each next is twice as long, up to the longest. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** Whoever asks for a longer pause (`Retry-After`) is not waited for. */
const LONGEST_WANTED = 300_000;

/** Failures that another try may mend: too early, too many requests, and all that is the server's own. */
const passes = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** An answer to a request that is no success, or none at all. */
interface Failure {
  /** HTTP's status; 0 where there was no answer. */
  readonly status: number;
  readonly why: string;
  /** Milliseconds the server wants to be left alone, where it says so. */
  readonly pause?: number | undefined;
}

/**
 * Posts JSON and gives the text that comes back, in which the key may be. What may pass (no connection, no answer in time, 408, 429, 5xx) is tried
 * again after pauses that double, or that the server asks for by `Retry-After`. UserError in one line for what does not pass;
 * the signal's reason where it aborts.
 */
export async function postJson(url: string, body: object, options: RequestOptions): Promise<string> {
  for (let tried = 1; ; tried++) {
    const answer = await post(url, body, options);
    if (typeof answer === 'string') return answer;
    const { status, why, pause = Math.min(FIRST_PAUSE * 2 ** (tried - 1), LONGEST_PAUSE) } = answer;
    const said = status > 0 ? `HTTP ${status}: ${why}` : why;
    if (status > 0 && !passes(status)) throw new UserError(`${refusal(url, status, options.key)} (${said})`);
    if (tried >= options.tries)
      throw new UserError(`${url} did not answer in ${tried} tries (${said}): try again later`);
    if (pause > LONGEST_WANTED)
      throw new UserError(
        `${url} asks to be left alone for ${Math.round(pause / 1000)} s (${said}): try again then`,
      );
    await options.wait(pause, options.signal);
  }
}

/** The most that is read of an answer, in bytes: a reply of one word has a few hundred. */
const LONGEST_ANSWER = 1 << 20;

/** UserError for an answer that is longer, or that goes on for ever; the rest is not read. */
async function textOf(response: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) {
      throw new UserError(
        `expected a chat completion from ${url}, found an answer of more than ${LONGEST_ANSWER / 2 ** 20} MiB: check that --judge is the base of an OpenAI-compatible API`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

async function post(
  url: string,
  body: object,
  { key, timeout, signal }: RequestOptions,
): Promise<string | Failure> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
      // A key goes where it was sent, and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    const text = await textOf(response, url);
    if (response.ok) return text;
    const pause = pauseIn(response.headers.get('retry-after'));
    const why = errorIn(text, key) || oneLine(withoutKey(response.statusText, key));
    return { status: response.status, why, pause };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof UserError) throw error;
    const late = error instanceof Error && error.name === 'TimeoutError';
    return { status: 0, why: late ? `nothing within ${timeout / 1000} s` : withoutKey(causeOf(error), key) };
  }
}

function refusal(url: string, status: number, key: string | undefined): string {
  if (status === 401 || status === 403) {
    return key === undefined
      ? `${url} wants a key: put it into VLM_SPATIAL_JUDGE_KEY`
      : `${url} refuses the key: put another into VLM_SPATIAL_JUDGE_KEY`;
  }
  if (status === 404) return `${url} is not there, or has no such model: check --judge and --judge-model`;
  return `${url} refuses to grade: check --judge and --judge-model`;
}

/** Milliseconds of a `Retry-After` header: seconds, or a date (RFC 9110, §10.2.3). */
function pauseIn(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return 1000 * Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** The message in an error's body (`{"error": {"message": …}}`), else the body's beginning, on one line. */
function errorIn(text: string, key: string | undefined): string {
  let said = text;
  try {
    const { error } = JSON.parse(text);
    said = typeof error === 'string' ? error : String(error.message);
  } catch {
    // Not of that form: the text itself.
  }
  return oneLine(withoutKey(said, key));
}

/** `fetch failed` says nothing; what is behind it does: `connect ECONNREFUSED 127.0.0.1:1`. */
function causeOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const { code } = (cause ?? {}) as { code?: unknown };
  return oneLine(messageOf(cause ?? error) || String(code));
}

/** The beginning of what a server said, on one line without control characters. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
