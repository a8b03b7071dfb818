import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { root } from '../support/cli.js';

/** Exported functions that may still lack a comment, by room: a number that only falls. */
const allowed: Readonly<Record<string, number>> = {};

/** Names of a file's exported functions and classes that no comment stands before. */
function uncommented(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements.flatMap(statement => {
    const exported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    return exported && ts.getJSDocCommentsAndTags(statement).length === 0 ? functionsIn(statement) : [];
  });
}

function functionsIn(statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) return [statement.name!.text];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations
    .filter(({ initializer }) => initializer && ts.isArrowFunction(initializer))
    .map(({ name }) => name.getText());
}

it('every exported function says in a comment what it is', () => {
  const rooms: Record<string, string[]> = {};
  for (const path of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts')) continue;
    const [room] = path.split(/[\\/]/);
    const names = uncommented(join(root, 'src', path)).map(name => `${path}: ${name}`);
    rooms[room!] = [...(rooms[room!] ?? []), ...names];
  }
  for (const [room, names] of Object.entries(rooms))
    expect(names.length, names.join('\n')).toBeLessThanOrEqual(allowed[room] ?? 0);
});
