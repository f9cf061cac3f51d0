// The five most probable classes of an uploaded picture. export.py makes the model, torchvision's ResNet-18.
// Run: npm install && python3 export.py && node server.mjs resnet18.pt2 labels.txt
// Ask: curl 127.0.0.1:3000/classify -F photo=@cat.jpg
import { readFile } from 'node:fs/promises';
import express from 'express';
import multer from 'multer';
import { ModelHost, TorchError } from 'node-libtorch';
import { imagenet } from 'node-libtorch/tasks';

const [file, labelsFile] = process.argv.slice(2);
const labels = (await readFile(labelsFile, 'utf8')).trim().split('\n');
// `imagenet` says how a picture becomes the input: 224 × 224 from the middle, with ImageNet's means.
const task = { type: 'classification', labels, image: imagenet };
const host = await ModelHost.open({ models: [{ file, task, batching: { maxBatchSize: 8 } }] });

const app = express();
const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 10 * 1024 * 1024 } });

app.post('/classify', upload.single('photo'), async (request, response) => {
  if (!request.file) return response.status(400).json({ message: 'Send the picture as the field photo of a form.' });
  const { rows } = await host.model().predict(request.file.buffer);
  response.json(rows[0]); // [{ index, label, score }, …]: five, the best first
});

// A file that is no picture is 422 ERR_INVALID_IMAGE, a full queue 429: every error of the library has its status.
app.use((error, request, response, _next) => {
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  // Messages of other errors, and of faults of the server, may say what a stranger need not know.
  if (error instanceof TorchError && status < 500)
    response.status(status).json({ code: error.code, message: error.message });
  else
    response
      .status(status)
      .json({ message: status < 500 ? 'The request cannot be read.' : 'The server made a mistake.' });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');

process.once('SIGTERM', () => {
  server.close(() => void host.close());
  server.closeIdleConnections();
});
