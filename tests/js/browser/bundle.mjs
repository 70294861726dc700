// Puts page.mjs and all it imports into one file: node browser/bundle.mjs OUTPUT
import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'

const here = name => fileURLToPath(new URL(name, import.meta.url))
const modules = ['node:crypto', 'node:fs', 'node:path', 'node:timers/promises']

await build({
  entryPoints: [here('page.mjs')],
  bundle: true,
  format: 'esm',
  platform: 'browser',
  outfile: process.argv[2],
  alias: Object.fromEntries(modules.map(name => [name, here('no-node.mjs')]))
})
