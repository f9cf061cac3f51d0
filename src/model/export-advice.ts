/** How a module of PyTorch becomes a file that runs here, the way to take first. For messages. */
export const exportCommands =
  'torch.export.save(torch.export.export(model.eval(), args), "model.pt2"); ' +
  'else torch.jit.script(model.eval()).save("model.pt") or torch.onnx.export(model, args, "model.onnx")';
