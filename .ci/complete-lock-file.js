/**
 * Adds to package-lock.json the optional packages of other platforms that npm left out because the registry it was
 * run against does not carry them. `npm ci` refuses a lock file without them ("Missing: … from lock file"), also on the
 * platforms that do not need them. Run it after every `npm install`; `test/launcher/lock-file.test.ts` fails until then.
 * `--check` only lists what is missing.
 */
const { existsSync, readFileSync, utimesSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const file = path.join(__dirname, '..', 'package-lock.json');
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Where Node would find `name` from the package at `from`, as a key of the lock file. */
function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const key = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[key] !== undefined) return key;
    if (folder === '') return undefined;
  }
}

function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = OS.find((word) => words.includes(word));
  const cpu = CPU.find((word) => words.includes(word));
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  if (os === undefined || cpu === undefined)
    throw new Error(`${name}: its name does not tell a platform; add it to package-lock.json by hand`);
  return { os: [os], cpu: [cpu], ...(libc !== undefined && os === 'linux' ? { libc: [libc] } : {}) };
}

function missing(packages) {
  const found = [];
  for (const [key, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (resolve(packages, key, name) === undefined) found.push({ name, version, dev: entry.dev === true });
    }
  }
  return found;
}

module.exports = { missing };

if (require.main === module) {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const gaps = missing(lock.packages);
  if (gaps.length === 0) process.exit(0);
  for (const { name, version } of gaps) console.log(`${name}@${version}`);
  if (process.argv.includes('--check')) process.exit(1);
  for (const { name, version, dev } of gaps) {
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platformOf(name),
      ...(dev ? { dev: true } : {}),
      optional: true,
    };
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  // Nothing changes for this platform, so what npm installed is still what the lock file says: see `./sqlift`.
  const record = path.join(__dirname, '..', 'node_modules', '.package-lock.json');
  if (existsSync(record)) utimesSync(record, new Date(), new Date());
}
