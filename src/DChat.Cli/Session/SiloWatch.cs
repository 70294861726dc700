using DChat.Cli.Output;
using DChat.Client;
using DChat.Core;
using DChat.Core.Topics;

namespace DChat.Cli.Session;

/// <summary>
/// Says when the silo is gone and when it is back, while a subscription quietly waits for it. It asks for the topic's head,
/// because a silo may be there while the core that keeps the topic is not.
/// </summary>
internal sealed class SiloWatch(IDChatClient client, Topic topic, CliSettings settings, ICliOutput output, TimeProvider time)
{
    /// <summary>How often it asks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Watches until cancelled, or until the silo fails in a way that the subscription meets as well.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var isGone = false;
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            var answers = await AnswersAsync(cancellationToken).ConfigureAwait(false);
            if (answers == isGone)
            {
                isGone = !answers;
                if (isGone)
                {
                    output.Note("silo-gone", $"No answer from {settings.Silo} any more: the silo is gone, or the core behind it. Waiting; what is sent meanwhile is shown then.");
                }
                else
                {
                    output.Note("silo-back", $"The silo at {settings.Silo} answers again.");
                }
            }
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.GetHeadAsync(topic, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (DChatException failure) when (failure.IsTransient)
        {
            return false;
        }
    }
}
