import { expect } from 'chai';
import { liftedSymbols } from '#dist/engines/aoti/source-bounds.js';
import { readWrapperSource } from '#dist/engines/aoti/wrapper-source.js';
import { stateInSource } from '#dist/engines/aoti/source-state.js';
/** A wrapper's source with these lines in the function that runs, and these constants. Lines are those that PyTorch 2.15 writes. */
const wrapper = (constants, ...lines) => `
extern "C" void call_triton_add(const in_ptr0_type_& in_ptr0, const out_ptr0_type_& out_ptr0, int64_t xnumel);
void AOTInductorModel::run_impl(
    AtenTensorHandle* input_handles,
    AtenTensorHandle* output_handles
) {
    auto inputs = steal_from_raw_handles_to_raii_handles(input_handles, 1);
    auto arg1_1 = std::move(inputs[0]);
${constants.map((name, i) => `    [[maybe_unused]] auto& ${name} = constants_->at(${i});`).join('\n')}
    inputs.clear();
    ${lines.join('\n    ')}
    output_handles[0] = buf0.release();
} // AOTInductorModel::run_impl
`;
const written = (name) => ({ kind: 'kept', reason: `it changes its buffer ${name} when it runs` });
const reads = { kind: 'none', operators: [] };
describe('what the source of a wrapper says of state', () => {
    const cases = [
        [
            'a kernel that reads a constant',
            reads,
            'cpp_fused_add_0((const float*)(arg1_1.data_ptr()), (const float*)(n.data_ptr()), (float*)(buf0.data_ptr()));',
        ],
        [
            'a kernel that writes to it',
            written('n'),
            'cpp_fused_add_0((const float*)(arg1_1.data_ptr()), (const float*)(n.data_ptr()), (float*)(buf0.data_ptr()), (float*)(n.data_ptr()));',
        ],
        [
            'a kernel of a package with kernels apart',
            written('n'),
            'kernels.cpp_fused_add_0((const int64_t*)(n.data_ptr()), (int64_t*)(n.data_ptr()));',
        ],
        ['a copy into it', written('n'), 'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_copy_(n, buf0, 0));'],
        ['a copy of it', reads, 'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_copy_(buf0, n, 0));'],
        [
            'an operator whose result it is',
            written('n'),
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_mm_out(n, arg1_1, w));',
        ],
        [
            'an operator that reads it',
            reads,
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_addmm_out(buf0, n, arg1_1, wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(w, 2, int_array_0, int_array_1, 0L)), 1L, 1L));',
        ],
        [
            'a handle that is assigned to it',
            written('n'),
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_assign_tensors(buf0, n));',
        ],
        [
            'a handle that it is assigned to is a view',
            written('n'),
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_assign_tensors(n, buf7));',
            'cpp_fused_1((float*)(buf7.data_ptr()));',
        ],
        [
            'the second result of an operator may be it',
            {
                kind: 'kept',
                reason: 'it hands its buffer n to aoti_torch_cpu_sort_values_out, which may write to it',
            },
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_sort_values_out(buf0, n, arg1_1, 0, 0));',
        ],
        [
            'an operator in place',
            written('n'),
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_mkldnn__convolution_pointwise_binary_(n, arg1_1, w, nullptr));',
        ],
        [
            'an operator that writes without saying so',
            written('n'),
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_native_batch_norm(arg1_1, nullptr, nullptr, n, nullptr, 1, 0.1, 1e-5, &buf0_handle));',
        ],
        [
            'a result is no view of what it was made from',
            reads,
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_convolution(arg1_1, w, &temporary_reference(n.get()), 0, &buf1_handle));',
            'RAIIAtenTensorHandle buf1(buf1_handle);',
            'auto buf2 = std::move(buf1);  // reuse',
            'cpp_fused_relu_1((float*)(buf2.data_ptr()));',
        ],
        [
            'a view is',
            written('n'),
            'auto buf2 = wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(n, 1, int_array_2, int_array_3, 4L));  // alias of w',
            'cpp_fused_relu_1((float*)(buf2.data_ptr()));',
        ],
        [
            'a view in one branch is',
            written('n'),
            'if (buf1_scalar == 0) {',
            'AtenTensorHandle false_graph_0_arg0_1_handle;',
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_assign_tensors_out(n, &false_graph_0_arg0_1_handle));',
            'RAIIAtenTensorHandle false_graph_0_arg0_1(false_graph_0_arg0_1_handle);',
            'cpp_fused_1((float*)(false_graph_0_arg0_1.data_ptr()));',
            '}',
        ],
        [
            'a view that is only read',
            reads,
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_new_tensor_handle(n, &tmp_h_0));',
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_mkldnn_rnn_layer(arg1_1, w, w, RAIIAtenTensorHandle(tmp_h_0), 0, &buf1_handle));',
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_clone(n, &output_handles[1]));',
            'tmp_h_0.reset();',
        ],
        [
            'a comment says nothing',
            reads,
            '// Topologically Sorted Source Nodes: [n], cpp((float*)(n.data_ptr()))',
            'auto var_0 = n.sizes()[0];',
            'assert_size_stride(n, {4L, }, {1L, }, "n");',
        ],
        [
            'a kernel for GPUs that reads and one that writes',
            written('w'),
            'call_triton_add(n, buf0, 4L);',
            'call_triton_add(arg1_1, w, 4L);',
        ],
    ];
    for (const [what, expected, ...lines] of cases) {
        it(what, async () => {
            expect(await stateInSource(wrapper(['n', 'w'], ...lines), [])).to.deep.equal(expected);
        });
    }
    it('operators that the loader calls: PyTorch’s own by their name, others by their schema', async () => {
        const call = 'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_proxy_executor_call_function(proxy_executor, 1, 0, std::array<int64_t, 0>{}.data(), 3, std::array<AtenTensorHandle, 3>{arg1_1, n, buf0}.data()));';
        const state = (...operators) => stateInSource(wrapper(['n'], call), operators);
        expect(await state('aten::relu_', 'aten::bincount')).to.deep.equal(reads);
        expect(await state('aten::bincount', 'aten::index_put_')).to.deep.equal(written('n'));
        expect(await state('aten::bincount', 'aten::sort.values_out')).to.deep.equal(written('n'));
        expect(await state('aten::bincount', 'mylib::bump')).to.deep.equal({ kind: 'none', operators: ['mylib::bump'] });
        expect(await state('aten::bincount'))
            .to.deep.include({ kind: 'kept' })
            .with.property('reason')
            .that.matches(/buffer n .*may write/);
    });
    it('is told in turns of the event loop, whose work grows with the source and not faster', async () => {
        const kernel = 'cpp_fused_0((const float*)(n.data_ptr()), (float*)(buf0.data_ptr()));';
        let turns = 0;
        let ended = false;
        const count = () => {
            ++turns;
            if (!ended)
                setImmediate(count);
        };
        setImmediate(count);
        expect(await stateInSource(wrapper(['n'], ...Array(20_000).fill(kernel)), [])).to.deep.equal(reads);
        ended = true;
        expect(turns).to.be.greaterThan(8);
    });
    it('is not told of statements that are longer or deeper than PyTorch writes', async () => {
        const nested = (depth) => `x = ${'f(w, '.repeat(depth)}${')'.repeat(depth)};`;
        for (const depth of [100, 4000])
            expect(await stateInSource(wrapper(['w'], nested(depth)), []), String(depth)).to.deep.equal({ kind: 'unknown' });
        const long = `cpp_fused_0(${'(const float*)(w.data_ptr()), '.repeat(1000)}s77);`;
        expect(await stateInSource(wrapper(['w'], long), [])).to.deep.equal({ kind: 'unknown' });
    });
    it('what is not known may write, and is named', async () => {
        const unknown = await stateInSource(wrapper(['n'], 'launch_something(n, buf0);'), []);
        expect(unknown).to.deep.equal({
            kind: 'kept',
            reason: 'it hands its buffer n to launch_something, which may write to it',
        });
        expect(await stateInSource('int main() {}', [])).to.deep.equal({ kind: 'unknown' });
    });
});
describe('a bound of 15 in the source of a wrapper', () => {
    const lines = [
        'auto arg1_1_size = arg1_1.sizes();',
        'int64_t s77 = arg1_1_size[0];',
        'if (_check_aoti_runtime_check_inputs_env()) { assert_size_stride(arg1_1, {s77, 8L}, {8L, 1L}, "input"); }',
        'const int64_t int_array_0[] = {s77, 8L};',
        'static constexpr int64_t int_array_1[] = {8L, 1L};',
        'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_empty_strided(2, int_array_0, int_array_1, cached_torch_dtype_float32, cached_torch_device_type_cpu, this->device_idx_, &buf0_handle));',
        'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_convolution(arg1_1, w, 0, &buf1_handle));',
        'if (_check_aoti_runtime_check_inputs_env()) { assert_size_stride(buf1, {s77, 8L}, {8L, 1L}, "torch.ops.aten.convolution.default"); }',
    ];
    const call = 'cpp_fused_0((const float*)(buf1.data_ptr()), (const float*)(t.data_ptr()), (float*)(buf0.data_ptr()), s77);';
    const kernel = (index, bound = 'ks0') => `
extern "C" void cpp_fused_0(const float* in_ptr0,
                       const float* in_ptr1,
                       float* out_ptr0,
                       const int64_t ks0)
{
    for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(${bound}); x0+=static_cast<int64_t>(1L))
    {
        for(int64_t x1=static_cast<int64_t>(0L); x1<static_cast<int64_t>(8L); x1+=static_cast<int64_t>(8L))
        {
            auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x1 + 8L*x0), static_cast<int64_t>(8));
            auto tmp1 = at::vec::Vectorized<float>::loadu(in_ptr1 + static_cast<int64_t>(${index}), static_cast<int64_t>(8));
            tmp0.store(out_ptr0 + static_cast<int64_t>(x1 + 8L*x0));
        }
    }
}
`;
    const lifted = (source, ...kernels) => liftedFor('cpu', source, ...kernels);
    const liftedFor = (device, source, ...kernels) => liftedSymbols([wrapper(['w', 't'], ...source), ...kernels], new Map([
        ['s77', { min: 1, max: 15 }],
        ['s1', { min: 1, max: 64 }],
    ]), device);
    it('is lifted where the constants are read at places that do not depend on the size', async () => {
        expect(await lifted([...lines, call], kernel('x1'))).to.deep.equal(['s77']);
    });
    it('stays where one is', async () => {
        for (const index of ['x1 + 8L*x0', 'x0', 'tmp0', '8L*ks0']) {
            expect(await lifted([...lines, call], kernel(index)), index).to.deep.equal([]);
        }
    });
    it('stays where the size is read under another name', async () => {
        const renamed = (name, ...declared) => lifted([...lines, ...declared, call.replace('s77', name)], kernel('8L*ks0'));
        for (const declared of [
            'int64_t ps0 = 4L*s77;',
            'const auto ps0 = s77;',
            'int64_t ps0{s77};',
            'int64_t ps0(s77);',
            'long ps0 = static_cast<long>(s77);',
            'int64_t ps0 = arg1_1_size[0];',
            'int64_t ps0 = buf1.sizes()[0];',
            'int64_t ps0; ps0 = s77;',
        ])
            expect(await renamed('ps0', declared), declared).to.deep.equal([]);
        expect(await renamed('ps1', 'int64_t ps0 = 4L*s77;', 'int64_t ps1 = ps0 + 1L;')).to.deep.equal([]);
        // Harmless where the kernel reads at fixed places.
        expect(await lifted([...lines, 'int64_t ps0 = 4L*s77;', call.replace('s77', 'ps0')], kernel('x1'))).to.deep.equal([
            's77',
        ]);
    });
    it('stays where a call that is not looked into gets the size, or the package is for a GPU', async () => {
        for (const other of [
            'call_triton_poi_fused_add_0(buf0, t, buf1, 512L*s77, stream, kernels, this->cubin_dir_);',
            'cpp_CppMicroGemm_add_1((const float*)(t.data_ptr()), (float*)(buf0.data_ptr()), s77);',
            'kernels.cpp_template_1((const float*)(t.data_ptr()), (float*)(buf0.data_ptr()), s77);',
            'launchKernel(kernels.triton_0, s77, 1, 1, 4, 0, kernel_args_, stream);',
            'int64_t ps0 = 4L*s77; helper(t, ps0);',
            'aoti_torch_proxy_executor_call_function(proxy_executor, 0, 1, std::array<int64_t, 1>{s77}.data(), 0, nullptr);',
            'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch__reinterpret_tensor(t, 2, int_array_0, int_array_1, 0L, &tmp));',
            'for (int64_t i = 0L; i < s77; ++i) { helper(t, i); }',
            'if (s77 > 3L) { helper(t); }',
        ])
            expect(await lifted([...lines, call, other], kernel('x1')), other).to.deep.equal([]);
        const moved = 'auto buf3 = wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(t, 2, two, two, 4L*s77));';
        expect(await lifted([...lines, call, moved], kernel('x1')), 'a part at a place that varies').to.deep.equal([]);
        const wide = 'AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_mm_out(buf0, buf1, w));';
        expect(await lifted([...lines, call, wide], kernel('x1'))).to.deep.equal(['s77']);
        for (const device of ['cuda', 'xpu', 'mps'])
            expect(await liftedFor(device, [...lines, call], kernel('x1')), device).to.deep.equal([]);
    });
    it('stays where that cannot be told', async () => {
        expect(await lifted([...lines, call]), 'no kernel').to.deep.equal([]);
        expect(await lifted([...lines, call], kernel('x1').replace('tmp0.store', 'helper(in_ptr1); tmp0.store'))).to.deep.equal([]);
        expect(await lifted([...lines, call], kernel('x1', 'c10::div_floor_integer(ks0, 2L)'))).to.deep.equal([]);
        expect(await lifted(lines.map((line) => line.replace('{s77, 8L};', '{std::min(s77, 20L), 8L};')).concat(call), kernel('x1'))).to.deep.equal([]);
        const part = 'auto buf2 = wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(t, 2, int_array_0, int_array_1, 0L));';
        expect(await lifted([...lines, part], kernel('x1')), 'a part of a constant').to.deep.equal([]);
        expect(await lifted(lines.filter((line) => !line.includes('convolution(')), kernel('x1')), 'no convolution').to.deep.equal([]);
    });
});
describe('a source that is cut off', () => {
    it('is said to be', () => {
        for (const source of ['', 'int main() {}', wrapper(['w'], 'cut(')])
            expect(() => readWrapperSource(source)).to.throw(/empty or cut off/);
    });
});
