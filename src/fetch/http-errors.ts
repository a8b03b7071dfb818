import { UserError } from '../errors.js';

interface Asked {
  /** Whether there is an access token. */
  readonly token: boolean;
  /** Whether the hub was asked, and not some other server. */
  readonly own: boolean;
  /** How long the server wants us to wait, in milliseconds. */
  readonly asked: number | undefined;
}

/** A refusal in one line that says what to do; the hub tells its reason in `X-Error-Code`. */
export function explained(
  { status, headers }: Response,
  url: string,
  { token, own, asked }: Asked,
): UserError {
  const where = new URL(url);
  const code = headers.get('x-error-code') ?? '';
  const repo = own ? repoOf(where) : undefined;
  const named = repo === undefined ? `${where.origin}${where.pathname}` : `${where.host}/${repo}`;
  const page = repo === undefined ? where.origin : `${where.origin}/${repo}`;
  const makeToken = `make a token with read access (${where.origin}/settings/tokens) and set HF_TOKEN to it`;
  const said = `(${[status, code].filter(Boolean).join(', ')})`;

  if (own && (code === 'GatedRepo' || (status === 403 && !token))) {
    return new UserError(
      token
        ? `${named} is gated and your account has no access yet ${said}: accept its terms at ${page}, then run this again`
        : `${named} is gated ${said}: accept its terms at ${page}, ${makeToken}`,
    );
  }
  if (own && (status === 401 || code === 'RepoNotFound')) {
    return new UserError(
      token
        ? `${named} is not there, is private, or HF_TOKEN is not accepted ${said}: look at ${page} and at the token`
        : `${named} is not there, or is private ${said}: look at ${page}; for a private one ${makeToken}`,
    );
  }
  if (status === 401 || status === 403) {
    return new UserError(
      `${named} does not let us in ${said}: ${own ? 'the token in HF_TOKEN lacks read access to it' : 'fetch it by hand'}`,
    );
  }
  if (status === 404) {
    const what = code === 'RevisionNotFound' ? 'has no such revision' : 'is not there';
    return new UserError(`${named} ${what} ${said}: it may have been moved or renamed; look at ${page}`);
  }
  if (status === 429) {
    const how = asked === undefined ? '' : `, wait ${Math.ceil(asked / 60_000)} min`;
    return new UserError(
      `${where.host} is asked too often ${said}${how}: run this again later${own && !token ? ', or with HF_TOKEN set' : ''}`,
    );
  }
  if (status >= 500) {
    return new UserError(
      `${where.host} is in trouble ${said}: run this again later; what has arrived is kept`,
    );
  }
  return new UserError(`${named} answers ${status}, which was not expected: look at ${where.origin}`);
}

/** `owner/name`, for datasets `datasets/owner/name`, of an address on the hub. */
function repoOf({ pathname }: URL): string | undefined {
  const api = /^\/api\/(models|datasets)\/([^/]+\/[^/]+)/.exec(pathname);
  if (api) return `${api[1] === 'datasets' ? 'datasets/' : ''}${api[2]}`;
  return /^\/((?:datasets\/)?[^/]+\/[^/]+)\/resolve\//.exec(pathname)?.[1];
}
