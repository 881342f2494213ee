using System.Diagnostics.CodeAnalysis;

namespace DaxEmu.Nic;

/// <summary>The outcome of a call that yields nothing: success, or an errno with a sentence.</summary>
public readonly struct NicResult
{
    private readonly NicError _error;

    private NicResult(NicError error) => _error = error;

    /// <summary>Success.</summary>
    public static NicResult Ok => default;

    /// <summary>True on success.</summary>
    public bool IsOk => _error.Errno == 0;

    /// <summary>0, or the errno.</summary>
    public int Errno => _error.Errno;

    /// <summary>Empty, or why it was refused, as a sentence.</summary>
    public string Reason => _error.Reason ?? string.Empty;

    /// <summary>The refusal; meaningful only when <see cref="IsOk"/> is false.</summary>
    public NicError Error => _error;

    /// <summary>A refusal.</summary>
    public static implicit operator NicResult(NicError error) => FromError(error);

    /// <summary>A refusal.</summary>
    public static NicResult FromError(NicError error) => new(error);

    /// <summary>Success with a value.</summary>
    public static NicResult<T> Of<T>(T value) => value;
}

/// <summary>The outcome of a call: a value, or an errno with a sentence.</summary>
/// <typeparam name="T">What the call yields.</typeparam>
[SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "NicResult.Of is the named alternate.")]
public readonly struct NicResult<T>
{
    private readonly NicError _error;

    private NicResult(T? value, NicError error)
    {
        Value = value;
        _error = error;
    }

    /// <summary>True on success: <see cref="Value"/> is then there.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    public bool IsOk => _error.Errno == 0;

    /// <summary>The value, on success.</summary>
    public T? Value { get; }

    /// <summary>0, or the errno.</summary>
    public int Errno => _error.Errno;

    /// <summary>Empty, or why it was refused, as a sentence.</summary>
    public string Reason => _error.Reason ?? string.Empty;

    /// <summary>The refusal; meaningful only when <see cref="IsOk"/> is false.</summary>
    public NicError Error => _error;

    /// <summary>Success.</summary>
    public static implicit operator NicResult<T>(T value) => new(value, default);

    /// <summary>A refusal.</summary>
    public static implicit operator NicResult<T>(NicError error) => new(default, error);
}
