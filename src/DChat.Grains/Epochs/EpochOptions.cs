using DChat.Core;
using DChat.Core.Clocks;
using DChat.Core.Segments;

namespace DChat.Grains.Epochs;

/// <summary>The epochs of a network, by whose ends messages are sealed.</summary>
[OptionSection("DChat:Epochs")]
public sealed class EpochOptions
{
    /// <summary>How long an epoch is. Default 1 hour; range 1 s–1 day. Epochs are counted from the Unix epoch, so changing it renumbers them.</summary>
    [Option("how long an epoch is; its messages are sealed into segments when it has ended", Min = "00:00:01", Max = "1.00:00:00")]
    public TimeSpan Length { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long after its end an epoch is sealed, so that messages which were under way are in it; later ones are sealed with the next.
    /// Default 1 minute; range 0–1 hour.
    /// </summary>
    [Option("how long after an epoch's end its messages are sealed", Min = "00:00:00", Max = "01:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The newest epoch that is to be sealed at a moment, and its end.</summary>
    public (EpochId Epoch, HybridTimestamp End) LastEnded(DateTimeOffset now)
    {
        var length = (long)Length.TotalMilliseconds;
        var next = Math.Max(0, (now - Grace).ToUnixTimeMilliseconds()) / length;
        return (new EpochId((ulong)Math.Max(0, next - 1)), HybridTimestamp.Create(next * length, 0));
    }

    /// <summary>Checks every option.</summary>
    /// <exception cref="DChatException">An option is out of its range (<c>options-invalid</c>); the message names option and range.</exception>
    public void Validate() => OptionRules.Check(this);
}
