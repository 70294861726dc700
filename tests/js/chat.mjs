#!/usr/bin/env node
// A chat peer in JavaScript. See README.md. What it is made of is loaded after this looked at the Node that runs it, which
// would otherwise end in a stack.
import { explain, unfit } from './chat/runtime.mjs'

const problem = unfit(process.versions.node)
if (problem == null) {
  try {
    const { main } = await import('./chat/main.mjs')
    process.exit(await main(process.argv.slice(2)))
  } catch (error) {
    fail(explain(error))
  }
} else {
  fail(problem)
}

function fail (text) {
  process.stderr.write(`chat.mjs: ${text}\n`)
  process.exit(1)
}
