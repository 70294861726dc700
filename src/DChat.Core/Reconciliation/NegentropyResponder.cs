namespace DChat.Core.Reconciliation;

/// <summary>The side of negentropy v1 that answers. It keeps nothing from one message to the next but what counts against its limits.</summary>
public sealed class NegentropyResponder : NegentropySession
{
    /// <summary>Begins a session.</summary>
    /// <param name="set">Our items, which may not change meanwhile: a snapshot.</param>
    /// <param name="options">How to go about it.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public NegentropyResponder(ISortedSet set, NegentropyOptions options)
        : base(set ?? throw new ArgumentNullException(nameof(set)), options ?? throw new ArgumentNullException(nameof(options)), differences: null)
    {
    }

    /// <summary>The answer to a message; valid until the next is made.</summary>
    /// <exception cref="DChatException">
    /// The message cannot be read (<c>reconciliation-invalid</c>) or goes beyond a limit (<c>reconciliation-limit</c>).
    /// </exception>
    public ReadOnlyMemory<byte> Answer(ReadOnlySpan<byte> message) => Read(message);
}
