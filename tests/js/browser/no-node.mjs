// What stands for Node's modules in a browser: the parts of the chat client that need them are not used there.
function missing () {
  throw new Error('There is no Node in a browser.')
}

export {
  missing as closeSync, missing as createCipheriv, missing as createHash, missing as fsyncSync, missing as join, missing as mkdirSync,
  missing as openSync, missing as readFileSync, missing as renameSync, missing as rmSync, missing as setTimeout, missing as writeFileSync,
  missing as writeSync
}
