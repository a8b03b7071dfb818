/** Markup that is safe to put into a page as it is. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Part[];

/** Markup from a template: what is put into it is shown as text, unless it is `Html` itself; lists are joined. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: texts.map((text, i) => (i === 0 ? text : markup(parts[i - 1]!) + text)).join(''),
});

/** No markup at all. */
export const nothing: Html = { html: '' };

function markup(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'html' in part ? part.html : part.map(markup).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for elements and quoted attributes. */
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, mark => ENTITIES[mark]!);

/** A block of JSON that no browser runs and that nothing inside it can end. */
export const jsonBlock = (id: string, value: unknown): Html => {
  const json = JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    mark => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return html`<script type="application/json" id="${id}">${{ html: json }}</script>`;
};
