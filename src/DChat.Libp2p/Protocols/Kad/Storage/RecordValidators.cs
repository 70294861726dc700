using System.Collections.Frozen;
using System.Text;
using Microsoft.Extensions.Logging;

namespace DChat.Libp2p.Protocols.Kad.Storage;

/// <summary>The validators by namespace. They are someone else's code: what they throw counts as a no.</summary>
internal sealed class RecordValidators(IDictionary<string, IRecordValidator> validators, ILogger logger)
{
    private readonly FrozenDictionary<string, IRecordValidator> _validators = validators.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The validator of a key <c>/namespace/…</c>; null when there is none.</summary>
    internal IRecordValidator? Find(ReadOnlySpan<byte> key)
    {
        if (key is not [(byte)'/', .. var rest] || rest.IndexOf((byte)'/') is not (> 0 and var end) || !Ascii.IsValid(rest[..end]))
        {
            return null;
        }

        return _validators.GetValueOrDefault(Encoding.ASCII.GetString(rest[..end]));
    }

    internal bool IsRight(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        try
        {
            return Find(key.Span)?.Validate(key.Span, value.Span) is true;
        }
        catch (Exception e)
        {
            logger.ValidatorFailed(e);
            return false;
        }
    }

    /// <summary>Whether a value is better than another; both are right. When the validator fails, what there is stays.</summary>
    internal bool IsBetter(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, ReadOnlyMemory<byte> than)
    {
        try
        {
            return Find(key.Span)?.SelectBest(key.Span, [than, value]) == 1;
        }
        catch (Exception e)
        {
            logger.ValidatorFailed(e);
            return false;
        }
    }
}
