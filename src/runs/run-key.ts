import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../records/json.js';

/**
 * A run's key: SHA-256 (hex) of everything that can change a prediction: fingerprints of weights and data, template,
 * decoding, interventions, seed. The order of the parts does not matter.
 */
export const runKey = (parts: JsonObject): string =>
  createHash('sha256').update(canonicalJson(parts)).digest('hex');
