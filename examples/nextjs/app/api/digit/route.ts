// A route of Next.js that asks a model in the process of the app.
// Run: npm install && npx next build && npx next start -H 127.0.0.1
// Ask: curl 127.0.0.1:3000/api/digit -d @node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json
import { Tensor, TorchError } from 'node-libtorch';
import { models } from '../../../models';

export async function POST(request: Request): Promise<Response> {
  try {
    const { input_data } = await request.json();
    const host = await models();
    const answer = await host.model().predict(Tensor.from([input_data]), { topK: 3, signal: request.signal });
    return Response.json(answer.type === 'classification' ? answer.rows[0] : []);
  } catch (error) {
    // Every error of the library has a code, and the status that fits it: 422 for a wrong shape, 429 for a full queue.
    if (!(error instanceof TorchError) || error.status >= 500) throw error;
    return Response.json({ code: error.code, message: error.message }, { status: error.status });
  }
}
