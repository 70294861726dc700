using DChat.Core.Reconciliation;

namespace DChat.Core.Tests.Reconciliation;

/// <summary>A whole session.</summary>
internal sealed record NegentropyRun(Differences Found, int Messages, long Bytes)
{
    public static NegentropyRun Run(
        ISortedSet left, ISortedSet right, NegentropyOptions leftOptions, NegentropyOptions rightOptions, Action<ReadOnlyMemory<byte>>? see = null)
    {
        var found = new Differences();
        var initiator = new NegentropyInitiator(left, leftOptions, found);
        var responder = new NegentropyResponder(right, rightOptions);
        var messages = 0;
        var message = initiator.Initiate();
        bool goesOn;
        do
        {
            AssertFits(message, leftOptions);
            see?.Invoke(message);
            var answer = responder.Answer(message.Span);
            AssertFits(answer, rightOptions);
            see?.Invoke(answer);
            messages += 2;
            goesOn = initiator.TryContinue(answer.Span, out message);
        }
        while (goesOn);

        // The last message of the initiator is one byte that is not sent.
        Assert.Equal((messages / 2, messages / 2), (initiator.Rounds, responder.Rounds));
        return new NegentropyRun(found, messages, responder.Bytes);
    }

    private static void AssertFits(ReadOnlyMemory<byte> message, NegentropyOptions options) =>
        Assert.True(options.FrameLimit == 0 || message.Length <= options.FrameLimit, $"A message of {message.Length} bytes exceeds {options.FrameLimit}.");
}
