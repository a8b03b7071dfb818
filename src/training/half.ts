/**
 * IEEE 754 half-precision bits of a float32, rounded to nearest, ties to even. Numbers beyond ±65504 become infinite,
 * those below 2⁻²⁵ zero.
 */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === 0) return sign;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  // Steps of 2⁻²⁴ below 2⁻¹⁴ (subnormal), of 2⁻¹⁰ of the leading bit above.
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const steps = roundEven(size / 2 ** (exponent - 10));
  // A mantissa that rounds up to the next power of two carries into the exponent by itself.
  const bits = exponent === -14 ? steps : (exponent + 14) * 1024 + steps;
  return sign | Math.min(bits, 0x7c00);
}

/** The float that half-precision bits stand for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

function roundEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
