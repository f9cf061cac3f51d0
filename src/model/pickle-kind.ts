/**
 * What a pickle of torch.save holds, by the names of the classes that it would make. Nothing is unpickled: the names stand as
 * text behind the opcode GLOBAL, which is all that is looked for.
 */
import { exportCommands } from './export-advice.js';

/** Classes of what holds tensors alone, and of what optimizers and trainers put beside them. */
const plain =
  /^(?:collections |torch(?:\._utils|\._tensor|\.storage|\.serialization|\._C)? |torch\.nn\.parameter |numpy|_codecs |builtins |__builtin__ |argparse |pathlib|datetime )/;

/** GLOBAL: `c`, a module, a line's end, a name, a line's end. */
const global = /c([A-Za-z_][\w.]{0,200})\n([A-Za-z_][\w.]{0,200})\n/g;

/** `a state_dict (weights without code)`, or the class of the module that was pickled. */
export function pickleKind(pickle: Buffer): { readonly what: string; readonly advice: string } {
  const names = [...pickle.toString('latin1').matchAll(global)].map(([, module, name]) => ({ module, name }));
  const own = names.find(({ module, name }) => !plain.test(`${module} ${name}`));
  if (!own) {
    return {
      what: 'a pickle made by torch.save that holds tensors alone (a state_dict or a checkpoint), and no code to run',
      advice:
        'build the model in Python, load the weights (model.load_state_dict(torch.load(path, weights_only=True))), then export it: ' +
        exportCommands,
    };
  }
  return {
    what: `a pickle made by torch.save of a whole Python object (${own.module}.${own.name}), whose code is in nobody's file`,
    advice:
      'load it where that class can be imported (torch.load(path, weights_only=False), for a file that you trust), then export it: ' +
      exportCommands,
  };
}

/** A file that torch.save wrote before PyTorch 1.6: protocol 2, then the magic number 0x1950a86a20f9469cfc6c. */
export function legacyPickle(head: Buffer): boolean {
  return head[0] === 0x80 && head.subarray(2, 2 + magic.length).equals(magic);
}

const magic = Buffer.from('8a0a6cfc9c46f9206aa85019', 'hex');
