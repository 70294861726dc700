namespace DChat.Core.Reconciliation;

/// <summary>
/// The side of negentropy v1 that asks and learns the differences, as rounds go by; the other side learns nothing. Holds one set, which
/// may not change meanwhile: give it a snapshot.
/// </summary>
/// <example><code>
/// var message = initiator.Initiate();
/// while (initiator.TryContinue(Ask(message), out message)) { }
/// </code></example>
public sealed class NegentropyInitiator : NegentropySession
{
    private bool _isInitiated;

    /// <summary>Begins a session.</summary>
    /// <param name="set">Our items.</param>
    /// <param name="options">How to go about it.</param>
    /// <param name="differences">Takes the differences, each once, in no certain order.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public NegentropyInitiator(ISortedSet set, NegentropyOptions options, IDifferences differences)
        : base(
            set ?? throw new ArgumentNullException(nameof(set)),
            options ?? throw new ArgumentNullException(nameof(options)),
            new DifferenceFilter(differences ?? throw new ArgumentNullException(nameof(differences)), options.Salt, options.MaxDifferences))
    {
    }

    /// <summary>The first message; valid until the next is made.</summary>
    /// <exception cref="InvalidOperationException">The session has begun already.</exception>
    public ReadOnlyMemory<byte> Initiate()
    {
        if (_isInitiated)
        {
            throw new InvalidOperationException("The session has begun already.");
        }

        _isInitiated = true;
        var message = Machine.Initiate();
        Count(message.Length);
        return message;
    }

    /// <summary>Reads an answer; false when all differences are found.</summary>
    /// <param name="answer">What the responder said.</param>
    /// <param name="message">What to say next; valid until the next is made.</param>
    /// <exception cref="DChatException">
    /// The answer cannot be read (<c>reconciliation-invalid</c>), is of another version (<c>reconciliation-version</c>), or goes beyond a
    /// limit (<c>reconciliation-limit</c>). The differences reported before are as good as the peer's word.
    /// </exception>
    public bool TryContinue(ReadOnlySpan<byte> answer, out ReadOnlyMemory<byte> message)
    {
        message = Read(answer);
        return message.Length > 1;
    }
}
