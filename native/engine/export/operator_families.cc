// THE TABLE of operators that a saved program may call. An operator is here if its kernels examine every
// argument before they touch memory (or guards/ does so for them), if it neither reads nor writes anything
// outside its tensors, and if parity, the models or PyTorch's operator samples use it.
// scripts/parity/opinfo.py shows what is used.
//
// Names that begin with an underscore or with "unsafe" are here because they check as their plain forms do:
// `_unsafe_view` is `view`, `_unsafe_index` is `index` without bools, `_unsafe_masked_index` clamps what its
// mask leaves out, and `unsafe_split` only leaves out what autograd would record.
#include "engine/export/operators.h"

namespace node_libtorch::engine {
namespace {

// clang-format off
constexpr OperatorFamily kFamilies[] = {
  {"arithmetic", "element by element, on a TensorIterator that checks shapes, dtypes and overlap", R"(
    abs absolute add addcdiv addcmul ceil clamp clamp_max clamp_min clip copysign deg2rad div divide fix
    float_power floor floor_divide fmax fmin fmod frac frexp gcd heaviside hypot lcm ldexp lerp maximum
    minimum mul multiply nan_to_num neg negative nextafter positive pow rad2deg reciprocal remainder round
    rsqrt rsub sgn sign sqrt square sub subtract true_divide trunc xlogy)"},
  {"bits", "element by element, on whole numbers and bools", R"(
    __and__ __iand__ __ilshift__ __ior__ __irshift__ __ixor__ __lshift__ __or__ __rshift__ __xor__ bitwise_and
    bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor)"},
  {"exponentials and angles", "element by element", R"(
    acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cos cosh exp
    exp2 expm1 log log10 log1p log2 logaddexp logaddexp2 sin sinc sinh tan tanh)"},
  {"special functions", "element by element", R"(
    digamma erf erfc erfinv i0 igamma igammac lgamma logit mvlgamma polygamma special_airy_ai
    special_bessel_j0 special_bessel_j1 special_bessel_y0 special_bessel_y1 special_chebyshev_polynomial_t
    special_chebyshev_polynomial_u special_chebyshev_polynomial_v special_chebyshev_polynomial_w
    special_digamma special_entr special_erf special_erfc special_erfcx special_erfinv special_exp2
    special_expit special_expm1 special_gammainc special_gammaincc special_gammaln
    special_hermite_polynomial_h special_hermite_polynomial_he special_i0 special_i0e special_i1 special_i1e
    special_laguerre_polynomial_l special_legendre_polynomial_p special_log1p special_log_ndtr
    special_log_softmax special_logit special_logsumexp special_modified_bessel_i0 special_modified_bessel_i1
    special_modified_bessel_k0 special_modified_bessel_k1 special_multigammaln special_ndtr special_ndtri
    special_polygamma special_psi special_round special_scaled_modified_bessel_k0
    special_scaled_modified_bessel_k1 special_shifted_chebyshev_polynomial_t
    special_shifted_chebyshev_polynomial_u special_shifted_chebyshev_polynomial_v
    special_shifted_chebyshev_polynomial_w special_sinc special_softmax special_spherical_bessel_j0
    special_xlog1py special_xlogy special_zeta)"},
  {"comparison and logic", "element by element, or one bool of all elements", R"(
    _is_all_true _is_any_true allclose eq equal ge greater greater_equal gt is_nonzero is_same_size isclose
    isfinite isin isinf isnan isneginf isposinf isreal le less less_equal logical_and logical_not logical_or
    logical_xor lt ne not_equal signbit)"},
  {"activation", "element by element, or along one dimension that is checked", R"(
    _log_softmax _prelu_kernel _safe_softmax _softmax celu elu gelu glu hardshrink hardsigmoid hardswish
    hardtanh leaky_relu log_sigmoid log_sigmoid_forward log_softmax mish prelu relu relu6 rrelu selu sigmoid
    silu softmax softplus softshrink threshold)"},
  {"reduction", "over dimensions that are checked", R"(
    _aminmax _histogramdd_bin_edges _histogramdd_from_bin_cts _histogramdd_from_bin_tensors _logcumsumexp all
    amax amin aminmax any argmax argmin bincount count_nonzero cummax cummin cumprod cumsum
    cumulative_trapezoid diff dist frobenius_norm gradient hash_tensor histc histogram histogramdd kthvalue
    logcumsumexp logsumexp max mean median min mode nanmean nanmedian nanquantile nansum norm norm_except_dim
    nuclear_norm prod quantile renorm segment_reduce std std_mean sum sum_to_size trapezoid trapz var var_mean)"},
  {"normalisation", "statistics and weights are checked against the channels", R"(
    _batch_norm_with_update _batch_norm_with_update_functional _fused_rms_norm _native_batch_norm_legit
    _native_batch_norm_legit_functional _native_batch_norm_legit_no_training _weight_norm
    _weight_norm_interface batch_norm group_norm instance_norm layer_norm native_batch_norm native_group_norm
    native_layer_norm rms_norm)"},
  {"convolution", "shapes, strides, groups and padding are checked before a kernel is chosen", R"(
    _convolution _convolution_mode col2im conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d
    conv_transpose3d convolution im2col)"},
  {"pooling", "windows and indices are checked", R"(
    _adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d avg_pool1d avg_pool2d avg_pool3d
    fractional_max_pool2d fractional_max_pool3d max_pool1d max_pool1d_with_indices max_pool2d
    max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool2d max_unpool3d)"},
  {"resampling", "sizes are checked; coordinates are clamped or give zero", R"(
    _upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_lanczos2d_aa _upsample_nearest_exact1d
    _upsample_nearest_exact2d _upsample_nearest_exact3d affine_grid_generator grid_sampler grid_sampler_2d
    grid_sampler_3d upsample_bicubic2d upsample_bilinear2d upsample_linear1d upsample_nearest1d
    upsample_nearest2d upsample_nearest3d upsample_trilinear3d)"},
  {"products", "sizes are checked before BLAS or oneDNN is called", R"(
    _addmm_activation _cdist_forward _euclidean_dist _int_mm _pdist_forward _trilinear addbmm addmm addmv addr
    baddbmm bilinear bmm cdist chain_matmul corrcoef cosine_similarity cov cross dot einsum ger inner kron
    linalg_cross linalg_matmul linalg_multi_dot linalg_vecdot linear matmul mm mv outer pairwise_distance
    pdist tensordot trace vander vdot)"},
  {"linear algebra", "shapes and pivots are checked before LAPACK is called", R"(
    _linalg_check_errors _linalg_det _linalg_eigh _linalg_eigvals _linalg_slogdet _linalg_solve_ex _linalg_svd
    _lu_with_info cholesky_inverse cholesky_solve det geqrf inverse linalg_cholesky linalg_cholesky_ex
    linalg_cond linalg_det linalg_diagonal linalg_eig linalg_eigh linalg_eigvals linalg_eigvalsh
    linalg_householder_product linalg_inv linalg_inv_ex linalg_ldl_factor linalg_ldl_factor_ex
    linalg_ldl_solve linalg_lstsq linalg_lu linalg_lu_factor linalg_lu_factor_ex linalg_lu_solve
    linalg_matrix_exp linalg_matrix_norm linalg_matrix_power linalg_matrix_rank linalg_matrix_sqrth
    linalg_norm linalg_pinv linalg_polar linalg_qr linalg_slogdet linalg_solve linalg_solve_ex
    linalg_solve_triangular linalg_svd linalg_svdvals linalg_tensorinv linalg_tensorsolve linalg_vander
    linalg_vector_norm logdet lu_solve lu_unpack matrix_exp matrix_power orgqr ormqr pinverse slogdet svd
    triangular_solve)"},
  {"attention", "the public operator checks all; guards/ checks for the kernels that it chooses from", R"(
    _native_multi_head_attention _scaled_dot_product_attention_math
    _scaled_dot_product_flash_attention_for_cpu _transformer_encoder_layer_fwd scaled_dot_product_attention)"},
  {"recurrent", "hidden sizes and weights are checked", R"(
    _pack_padded_sequence _pad_packed_sequence gru gru_cell lstm lstm_cell mkldnn_rnn_layer pad_sequence
    rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell)"},
  {"shape and views", "sizes are checked against the elements or the storage", R"(
    _conj _conj_copy _neg_view _neg_view_copy _shape_as_tensor _to_copy _unsafe_view adjoint alias alias_copy
    as_strided as_strided_copy as_strided_scatter atleast_1d atleast_2d atleast_3d broadcast_tensors
    broadcast_to chunk clone contiguous copy detach detach_copy diagonal diagonal_copy diagonal_scatter dsplit
    expand expand_as expand_copy flatten hsplit lift lift_fresh lift_fresh_copy mH mT matrix_H moveaxis
    movedim narrow narrow_copy numpy_T permute permute_copy ravel reshape reshape_as select select_copy
    select_scatter slice slice_copy slice_scatter split split_copy split_with_sizes split_with_sizes_copy
    squeeze squeeze_copy swapaxes swapdims t t_copy tensor_split to transpose transpose_copy type_as unbind
    unbind_copy unflatten unfold unfold_copy unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze
    unsqueeze_copy view view_as view_copy vsplit)"},
  {"joining and padding", "sizes are checked against each other", R"(
    _chunk_cat _pad_circular block_diag cartesian_prod cat channel_shuffle column_stack combinations concat
    concatenate constant_pad_nd diag diag_embed diagflat dstack fill_diagonal flip fliplr flipud hstack
    meshgrid native_channel_shuffle pad pixel_shuffle pixel_unshuffle reflection_pad1d reflection_pad2d
    reflection_pad3d repeat repeat_interleave replication_pad1d replication_pad2d replication_pad3d roll rot90
    row_stack stack tile tril triu vstack)"},
  {"indexing", "every index is compared with the size", R"(
    _embedding_bag _embedding_bag_forward_only _unsafe_index _unsafe_index_put _unsafe_masked_index
    _unsafe_masked_index_put_accumulate argwhere bucketize embedding embedding_bag embedding_renorm gather
    index index_add index_copy index_fill index_put index_reduce index_select masked_fill masked_scatter
    masked_select nonzero nonzero_numpy nonzero_static one_hot put scatter scatter_add scatter_reduce
    searchsorted take take_along_dim where)"},
  {"creation", "sizes are checked; what nothing has written is filled with zeros", R"(
    arange bartlett_window blackman_window empty empty_like empty_permuted empty_strided eye fill full
    full_like hamming_window hann_window kaiser_window linspace logspace new_empty new_empty_strided new_full
    new_ones new_zeros ones ones_like range scalar_tensor tril_indices triu_indices zero zeros zeros_like)"},
  {"random", "drawn from the default generator of the device", R"(
    _sample_dirichlet _standard_gamma alpha_dropout bernoulli binomial cauchy dropout exponential
    feature_alpha_dropout feature_dropout geometric log_normal multinomial native_dropout normal
    normal_functional poisson rand rand_like randint randint_like randn randn_like random randperm
    rrelu_with_noise rrelu_with_noise_functional uniform)"},
  {"sorting", "along a dimension that is checked", R"(
    _unique _unique2 argsort msort sort topk unique_consecutive unique_dim unique_dim_consecutive)"},
  {"Fourier transforms", "sizes are checked, those of the lowest level by guards/", R"(
    _fft_c2c _fft_c2r _fft_r2c fft_fft fft_fft2 fft_fftfreq fft_fftn fft_fftshift fft_hfft fft_hfft2 fft_hfftn
    fft_ifft fft_ifft2 fft_ifftn fft_ifftshift fft_ihfft fft_ihfft2 fft_ihfftn fft_irfft fft_irfft2 fft_irfftn
    fft_rfft fft_rfft2 fft_rfftfreq fft_rfftn istft stft)"},
  {"complex numbers", "element by element, or views of the same storage", R"(
    _conj_physical angle chalf complex conj conj_physical imag polar real resolve_conj resolve_neg
    view_as_complex view_as_complex_copy view_as_real view_as_real_copy)"},
  {"losses", "targets are checked against the classes", R"(
    _ctc_loss binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy_loss
    ctc_loss hinge_embedding_loss huber_loss kl_div l1_loss margin_ranking_loss mse_loss multi_margin_loss
    multilabel_margin_loss multilabel_margin_loss_forward nll_loss nll_loss2d nll_loss2d_forward
    nll_loss_forward nll_loss_nd poisson_nll_loss smooth_l1_loss soft_margin_loss triplet_margin_loss)"},
  {"fake quantisation", "floats that are rounded as a quantised model would; no packed weights", R"(
    fake_quantize_per_channel_affine fake_quantize_per_channel_affine_cachemask
    fake_quantize_per_tensor_affine fake_quantize_per_tensor_affine_cachemask)"},
  {"checks and numbers", "read one number, a shape or a dtype, or fail", R"(
    _assert_async _assert_scalar _assert_tensor_metadata _functional_assert_async _functional_assert_scalar
    _functional_sym_constrain_range _functional_sym_constrain_range_for_size _local_scalar_dense dim
    is_complex is_conj is_contiguous is_floating_point is_inference is_neg is_signed item numel size
    storage_offset stride sym_constrain_range sym_constrain_range_for_size sym_numel sym_size
    sym_storage_offset sym_stride)"},
};
// clang-format on

}  // namespace

std::span<const OperatorFamily> operator_families() { return kFamilies; }

}  // namespace node_libtorch::engine
