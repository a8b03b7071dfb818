import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../errors.js';
import { explained } from './http-errors.js';

/** No server could be reached: what is wanted may still lie on this disk. */
export class Unreachable extends UserError {
  override name = 'Unreachable';
}

/** Requests that are tried again when a server is busy or a connection fails. */
export interface Web {
  /** Where Hugging Face's hub is; no slash at the end. */
  readonly endpoint: string;
  readonly signal: AbortSignal;
  /**
   * A response of status 200 or 206, or 416 (a range past the end). UserError for any other, once it is clear that trying
   * again does not help; Unreachable where there is no connection.
   */
  request(
    url: string,
    init?: { readonly method?: string; readonly headers?: Headers | Record<string, string> },
  ): Promise<Response>;
  /**
   * A small answer, whole: asked for again where the connection breaks before its end. UserError for one of more than 64 MiB;
   * else as `request`.
   */
  whole(
    url: string,
    headers?: Headers | Record<string, string>,
  ): Promise<{ readonly headers: Headers; readonly bytes: Buffer }>;
  /** Waits before attempt `number` (from 1); UserError when stopped meanwhile. */
  pause(number: number, why: string, milliseconds?: number): Promise<void>;
}

export interface WebOptions {
  readonly endpoint: string;
  /** Access token, sent to `endpoint` alone. */
  readonly token?: string | undefined;
  readonly signal: AbortSignal;
  /** Ask nothing of any server. */
  readonly offline?: boolean;
  /** What may help where there is no connection, after "…: ". */
  readonly hint?: string | undefined;
  /** Tells people of a wait. */
  readonly onWait?: (text: string) => void;
  /** Waits; tests do not. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/** How often a request is sent before it counts as failed. */
export const ATTEMPTS = 5;

/** The longest that a server may ask us to wait, in milliseconds. */
const LONGEST_WAIT = 300_000;

/** A server that sends no headers in this time is taken for dead, in milliseconds. */
const NO_ANSWER = 60_000;

/** The longest listing or header that is read, in bytes. */
const SMALL = 1 << 26;

const BUSY = new Set([408, 429, 500, 502, 503, 504]);

/**
 * The web as fetching sees it: requests that are repeated when a server is busy or a line breaks, resumed downloads, errors in a
 * person's words. UserError where a source cannot be had, with what to do; nothing is asked where it is `offline`.
 */
export function createWeb(options: WebOptions): Web {
  const { endpoint, token, signal, offline = false, hint, onWait = () => {} } = options;
  const wait = options.wait ?? ((milliseconds, s) => sleep(milliseconds, undefined, { signal: s }));
  const own = new URL(endpoint).origin;

  const pause = async (attempt: number, why: string, milliseconds = 1000 * 2 ** (attempt - 1)) => {
    onWait(`${why}: trying again in ${Math.ceil(milliseconds / 1000)} s`);
    await wait(milliseconds, signal).catch(() => undefined);
    if (signal.aborted) throw stopped();
  };

  const send = async (url: string, method: string, headers: Headers): Promise<Response> => {
    const unanswered = new AbortController();
    const timer = setTimeout(
      () => unanswered.abort(new Error(`no answer in ${NO_ANSWER / 1000} s`)),
      NO_ANSWER,
    );
    try {
      // On a redirect to another host, fetch itself leaves the token behind.
      return await fetch(url, { method, headers, signal: AbortSignal.any([signal, unanswered.signal]) });
    } finally {
      clearTimeout(timer);
    }
  };

  const request: Web['request'] = async (url, { method = 'GET', headers } = {}) => {
    if (offline) throw new Unreachable(`HF_HUB_OFFLINE is set, so ${url} was not asked for`);
    const all = new Headers(headers);
    // Ranges and sizes are those of the file itself, not of a compressed form of it.
    all.set('accept-encoding', 'identity');
    if (token && new URL(url).origin === own) all.set('authorization', `Bearer ${token}`);
    for (let attempt = 1; ; attempt++) {
      let response: Response;
      try {
        response = await send(url, method, all);
      } catch (error) {
        if (signal.aborted) throw stopped();
        const why = causeOf(error);
        if (attempt === ATTEMPTS) {
          const more = hint === undefined ? '' : `; ${hint}`;
          throw new Unreachable(`${new URL(url).host} cannot be reached (${why}${more})`);
        }
        await pause(attempt, `${new URL(url).host} cannot be reached (${why})`);
        continue;
      }
      if (response.ok || response.status === 416) return response;
      const asked = retryAfter(response.headers.get('retry-after'));
      await response.body?.cancel();
      const again = BUSY.has(response.status) && attempt < ATTEMPTS && (asked ?? 0) <= LONGEST_WAIT;
      if (!again)
        throw explained(response, url, {
          token: token !== undefined,
          own: new URL(url).origin === own,
          asked,
        });
      await pause(attempt, `${new URL(url).host} answers ${response.status}`, asked);
    }
  };

  const whole: Web['whole'] = async (url, headers = {}) => {
    for (let attempt = 1; ; attempt++) {
      const response = await request(url, { headers });
      const bytes = await readWhole(response).catch(() => null);
      if (signal.aborted) throw stopped();
      if (bytes === 'too much')
        throw new UserError(`${url} answers with more than ${SMALL} bytes: is it the right address?`);
      if (bytes !== null) return { headers: response.headers, bytes };
      const why = `the connection to ${new URL(url).host} broke`;
      if (attempt === ATTEMPTS) throw new Unreachable(`${why}, again and again`);
      await pause(attempt, why);
    }
  };
  return { endpoint, signal, request, whole, pause };
}

/** What a person reads who has pressed Ctrl-C. */
export const stopped = (): UserError =>
  new UserError('stopped; what has arrived is kept, and the same command goes on from there');

async function readWhole({ body }: Response): Promise<Buffer | 'too much'> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > SMALL) return 'too much';
  }
  return Buffer.concat(chunks);
}

/** The system's words: fetch itself says only "fetch failed". */
function causeOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : messageOf(error);
}

/** `Retry-After`, seconds or a date, in milliseconds. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
