import { z } from 'zod';

/**
 * A list of structs in any of the layouts `datasets` has stored one in: as it is, as a struct of lists, or as
 * JSON text of either. Anything else comes back unchanged, but for text that is no JSON: undefined.
 */
function asList(value: unknown): unknown {
  if (typeof value === 'string') return asList(parseOrNothing(value));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const columns = Object.entries(value);
  const length = Array.isArray(columns[0]?.[1]) ? columns[0][1].length : undefined;
  if (
    length === undefined ||
    !columns.every(([, cells]) => Array.isArray(cells) && cells.length === length)
  ) {
    return value;
  }
  return Array.from({ length }, (_, i) =>
    Object.fromEntries(columns.map(([name, cells]) => [name, cells[i]])),
  );
}

function parseOrNothing(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Any value, a list of structs made one whatever its layout: see `asList`. */
export const list = z.unknown().transform(asList);
