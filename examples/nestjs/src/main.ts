// A NestJS app with the models as a provider: loaded before the app listens, closed when it ends.
// Run: npm install && npx tsc && node dist/main.js
// Ask: curl 127.0.0.1:3000/digits -H 'content-type: application/json' -d @node_modules/node-libtorch/models/mnist-mlp/v1.0/digit.json
import 'reflect-metadata';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  HttpCode,
  Module,
  Post,
} from '@nestjs/common';
import { type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Response } from 'express';
import { ModelHost, Tensor, TorchError } from 'node-libtorch';

@Controller('digits')
class DigitsController implements OnApplicationShutdown {
  constructor(private readonly host: ModelHost) {}

  @Post()
  @HttpCode(200)
  async classify(@Body('input_data') pixels: number[]) {
    const answer = await this.host.model().predict(Tensor.from([pixels]), { topK: 3 });
    return answer.type === 'classification' ? answer.rows[0] : [];
  }

  onApplicationShutdown() {
    return this.host.close();
  }
}

/** Every error of the library has a code, and the status that fits it: 422 for a wrong shape, 429 for a full queue. */
@Catch(TorchError)
class TorchErrorFilter implements ExceptionFilter<TorchError> {
  catch({ status, code, message }: TorchError, host: ArgumentsHost) {
    host.switchToHttp().getResponse<Response>().status(status).json({ code, message });
  }
}

const models = [{ name: 'mnist-mlp', batching: { maxBatchSize: 32 } }];

@Module({
  controllers: [DigitsController],
  providers: [{ provide: ModelHost, useFactory: () => ModelHost.open({ models }) }],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { forceCloseConnections: true });
app.useGlobalFilters(new TorchErrorFilter());
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
