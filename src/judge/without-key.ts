/**
 * Text of a server without the key that it was asked with: servers are known to repeat a wrong one. Taken out however it is
 * escaped, letter by letter: as it is, as in JSON (`\\u0073`), in a URL (`%73`) or in HTML (`&#115;`, `&#x73;`).
 */
export function withoutKey(text: string, key: string | undefined): string {
  if (key === undefined || key === '') return text;
  const letters = [...key].map(letter => {
    const hex = letter.charCodeAt(0).toString(16);
    const plain = letter.replace(/[^\p{L}\p{N}]/u, '\\$&');
    const zeros = '0*';
    return `(?:${plain}|\\\\+u0*${caseless(hex)}|\\\\+${plain}|%${caseless(hex.padStart(2, '0'))}|&#${zeros}${letter.charCodeAt(0)};|&#[xX]${zeros}${caseless(hex)};)`;
  });
  return text.replaceAll(new RegExp(letters.join(''), 'g'), '***');
}

const caseless = (hex: string): string => hex.replaceAll(/[a-f]/g, d => `[${d}${d.toUpperCase()}]`);
