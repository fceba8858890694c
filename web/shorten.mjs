// Short names for what only our own objects have: the members of classes, and of the interfaces by which parts know each other
// (INTERFACE says which). TypeScript's own renaming finds the places, so a name of the browser's, of the wire or of something
// stored stays, whatever it is called; `node web/test.mjs` type-checks the outcome. All builds that meet in one worker share
// the names, and private ones become public. So: what is stored or posted is never an object of such a type.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const INTERFACE = /(?:Host|Io|Events|Parts|^Position|^Copy|^Folded)$/;
// What an app's own worker imports by name.
const PUBLIC = /strategies\/(?:classes|plugins?|strategy-handler)|routes\/code|worker\/src\/index/;

const shortName = (i) => (i < 52 ? '' : LETTERS[Math.floor(i / 52) - 1]) + LETTERS[i % 52];

function serviceOf(files, config) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const { options } = ts.getParsedCommandLineOfConfigFile(config, {}, host);
  return ts.createLanguageService({
    ...ts.sys,
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getScriptFileNames: () => files,
    getScriptVersion: () => '',
    getScriptSnapshot: (file) => ts.ScriptSnapshot.fromString(readFileSync(file, 'utf8')),
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
}

// The names of members, private ones as well.
function membersOf(source) {
  const found = [];
  const visit = (node) => {
    const ours = ts.isClassLike(node) || (ts.isInterfaceDeclaration(node) && INTERFACE.test(node.name.text));
    for (const { name, modifiers } of ours ? node.members : []) {
      // What overrides has the name of what it overrides, which may be the browser's (an Error's `name`).
      const overrides = modifiers?.some(({ kind }) => kind === ts.SyntaxKind.OverrideKeyword);
      if (name && ts.isMemberName(name) && !overrides) found.push(name);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

// Where a private name stands. It becomes a public one: that is shorter, and nobody else sees these objects.
function placesOf(name) {
  const places = [];
  const visit = (node) => {
    if (ts.isPrivateIdentifier(node) && node.text === name.text)
      places.push({
        fileName: node.getSourceFile().fileName,
        textSpan: { start: node.getStart(), length: node.getWidth() },
      });
    ts.forEachChild(node, visit);
  };
  visit(name.parent.parent);
  return places;
}

// One name is short for one name everywhere, and short for another one only where no object has both.
function choose(uses, together) {
  const short = new Map();
  for (const [name] of [...uses].sort((a, b) => b[1] - a[1])) {
    const others = together.filter((names) => names.has(name)).flatMap((names) => [...names]);
    const taken = new Set(others.map((other) => short.get(other) ?? other));
    let i = 0;
    while (taken.has(shortName(i))) i++;
    short.set(name, shortName(i));
  }
  return short;
}

/** The sources of `folders` with short names: by path a function that makes the text. `config`: their tsconfig.json. */
export function shorten(folders, config) {
  const inFolder = (folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, file));
  const files = folders.flatMap(inFolder).filter((file) => file.endsWith('.ts'));
  const service = serviceOf(files, config);
  const program = service.getProgram();
  const edits = new Map(files.map((file) => [file, new Map()])); // by place
  const uses = new Map(); // by name
  const together = [];
  for (const file of files.filter((file) => !PUBLIC.test(file))) {
    for (const member of membersOf(program.getSourceFile(file))) {
      const { parent } = member.parent;
      const type = program.getTypeChecker().getTypeAtLocation(parent);
      const names = [...type.getProperties(), ...parent.members].map(({ name }) => name?.text ?? name);
      together.push(new Set(names));
      const [name, at] = [member.text, member.getStart()];
      if (edits.get(file).has(at)) continue;
      const options = { providePrefixAndSuffixTextForRename: true };
      const places = ts.isPrivateIdentifier(member)
        ? placesOf(member)
        : (service.findRenameLocations(file, at, false, false, options) ?? []);
      // The browser has something like it.
      if (places.some(({ fileName }) => !edits.has(fileName))) continue;
      uses.set(name, (uses.get(name) ?? 0) + places.length);
      for (const place of places) edits.get(place.fileName).set(place.textSpan.start, { name, ...place });
    }
  }
  const short = choose(uses, together);
  return (file) => {
    let text = readFileSync(file, 'utf8');
    for (const [at, edit] of [...(edits.get(file) ?? [])].sort((a, b) => b[0] - a[0])) {
      const { name, prefixText = '', suffixText = '', textSpan } = edit;
      text = text.slice(0, at) + prefixText + short.get(name) + suffixText + text.slice(at + textSpan.length);
    }
    return text;
  };
}
