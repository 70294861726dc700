namespace DChat.Core.Reconciliation;

/// <summary>What both roles of a session have in common: the limits. Not thread-safe; after a fault it is of no use.</summary>
public abstract class NegentropySession
{
    private readonly NegentropyOptions _options;
    private bool _isBroken;

    private protected NegentropySession(ISortedSet set, NegentropyOptions options, DifferenceFilter? differences)
    {
        options.Validate();
        _options = options;
        Machine = new NegentropyMachine(set, options, differences);
    }

    /// <summary>How many messages of the peer were read.</summary>
    public int Rounds { get; private set; }

    /// <summary>The bytes of all messages, both ways.</summary>
    public long Bytes { get; private set; }

    private protected NegentropyMachine Machine { get; }

    private protected ReadOnlyMemory<byte> Read(ReadOnlySpan<byte> message)
    {
        if (_isBroken)
        {
            throw new InvalidOperationException("The session has ended with a fault.");
        }

        _isBroken = true;
        if (++Rounds > _options.MaxRounds)
        {
            ReconciliationFaults.ThrowLimit($"{_options.MaxRounds} rounds");
        }

        Count(message.Length);
        var answer = Machine.Answer(message);
        Count(answer.Length);
        _isBroken = false;
        return answer;
    }

    private protected void Count(int bytes)
    {
        Bytes += bytes;
        if (Bytes > _options.MaxBytes)
        {
            ReconciliationFaults.ThrowLimit($"{_options.MaxBytes} bytes");
        }
    }
}
