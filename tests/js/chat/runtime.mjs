// What chat.mjs needs to run, and how it says that something is missing. Written for any Node.

const OLDEST = 22

/** What is wrong with a version of Node; null when it will do. */
export function unfit (version) {
  return Number(version.split('.')[0]) >= OLDEST
    ? null
    : `this is Node ${version}, and Node ${OLDEST} or newer is needed. After \`npm ci\` in this folder there may be one: node_modules/.bin/node chat.mjs`
}

/** One line for an error that ends the program; never a stack. */
export function explain (error) {
  if (error.code === 'ERR_MODULE_NOT_FOUND') {
    return 'its packages are not installed. Run `npm ci` in the folder of chat.mjs first.'
  }
  const text = String(error.message ?? error)
  return text.split('\n')[0]
}
