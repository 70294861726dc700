namespace DChat.Libp2p.Protocols.Gossip.Scoring;

/// <summary>
/// What peers gain and lose by what they do in one topic (gossipsub-v1.1.md, "Topic Parameter Calculation and Decay"). A
/// decay is the factor that a counter is multiplied with every <see cref="PeerScoreOptions.DecayInterval"/>;
/// <see cref="PeerScoreOptions.DecayOver"/> finds it.
/// </summary>
public sealed record TopicScoreOptions
{
    /// <summary>The longest <see cref="MeshDeliveriesWindow"/>.</summary>
    public static readonly TimeSpan MaxWindow = TimeSpan.FromMinutes(1);

    /// <summary>tᵢ: how much the topic counts. Default 0.5; at least 0.</summary>
    public double Weight { get; init; } = 0.5;

    /// <summary>w₁, for time in the mesh. Default 0.01; at least 0, and small: time alone is no merit.</summary>
    public double TimeInMeshWeight { get; init; } = 0.01;

    /// <summary>Time in the mesh that counts as one. Default 1 s; more than 0.</summary>
    public TimeSpan TimeInMeshQuantum { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most that P₁ counts. Default 300; more than 0.</summary>
    public double TimeInMeshCap { get; init; } = 300;

    /// <summary>w₂, for valid messages that the peer was first with. Default 1; at least 0.</summary>
    public double FirstDeliveriesWeight { get; init; } = 1;

    /// <summary>Decay of P₂. Default 0.97; above 0, below 1.</summary>
    public double FirstDeliveriesDecay { get; init; } = 0.97;

    /// <summary>The most that P₂ counts, in messages. Default 50; more than 0.</summary>
    public double FirstDeliveriesCap { get; init; } = 50;

    /// <summary>
    /// w₃, for valid messages that a peer of the mesh failed to bring. Default 0, which is off; at most 0. Only for topics
    /// with a known rate of messages: in a quiet topic nobody has anything to bring, and every honest peer is punished.
    /// </summary>
    public double MeshDeliveriesWeight { get; init; }

    /// <summary>Decay of the messages brought. Default 0.5; above 0, below 1.</summary>
    public double MeshDeliveriesDecay { get; init; } = 0.5;

    /// <summary>The most messages brought that count. Default 100; at least <see cref="MeshDeliveriesThreshold"/>.</summary>
    public double MeshDeliveriesCap { get; init; } = 100;

    /// <summary>Messages brought below which a peer is punished, by the square of what is missing. Default 20; more than 0.</summary>
    public double MeshDeliveriesThreshold { get; init; } = 20;

    /// <summary>
    /// Time after the verdict in which a further copy counts as brought: shorter than a message takes there and back.
    /// Default 10 ms; 0 to <see cref="MaxWindow"/>.
    /// </summary>
    public TimeSpan MeshDeliveriesWindow { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Time in the mesh before P₃ counts. Default 5 s; at least 1 s.</summary>
    public TimeSpan MeshDeliveriesActivation { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>w₃ᵦ, for what was missing when the peer left the mesh. Default 0, which is off; at most 0.</summary>
    public double MeshFailureWeight { get; init; }

    /// <summary>Decay of P₃ᵦ. Default 0.5; above 0, below 1.</summary>
    public double MeshFailureDecay { get; init; } = 0.5;

    /// <summary>w₄, for the square of the number of invalid messages. Default -10; at most 0.</summary>
    public double InvalidMessagesWeight { get; init; } = -10;

    /// <summary>Decay of P₄. Default 0.99; above 0, below 1.</summary>
    public double InvalidMessagesDecay { get; init; } = 0.99;

    /// <summary>Whether it matters which peers of the mesh bring a message.</summary>
    internal bool CountsMeshDeliveries => MeshDeliveriesWeight < 0 || MeshFailureWeight < 0;

    /// <summary>What is wrong, one sentence each; empty when all is well.</summary>
    internal IReadOnlyList<string> Validate()
    {
        var rules = new ScoreRules();
        rules.AtLeast(nameof(Weight), Weight, 0);
        rules.AtLeast(nameof(TimeInMeshWeight), TimeInMeshWeight, 0);
        rules.AtLeast(nameof(TimeInMeshQuantum), TimeInMeshQuantum, TimeSpan.FromTicks(1));
        rules.MoreThanZero(nameof(TimeInMeshCap), TimeInMeshCap);
        rules.AtLeast(nameof(FirstDeliveriesWeight), FirstDeliveriesWeight, 0);
        rules.Decay(nameof(FirstDeliveriesDecay), FirstDeliveriesDecay);
        rules.MoreThanZero(nameof(FirstDeliveriesCap), FirstDeliveriesCap);
        rules.AtMost(nameof(MeshDeliveriesWeight), MeshDeliveriesWeight, 0);
        rules.Decay(nameof(MeshDeliveriesDecay), MeshDeliveriesDecay);
        rules.MoreThanZero(nameof(MeshDeliveriesThreshold), MeshDeliveriesThreshold);
        rules.AtLeast(nameof(MeshDeliveriesCap), MeshDeliveriesCap, MeshDeliveriesThreshold);
        rules.Between(nameof(MeshDeliveriesWindow), MeshDeliveriesWindow, TimeSpan.Zero, MaxWindow);
        rules.AtLeast(nameof(MeshDeliveriesActivation), MeshDeliveriesActivation, TimeSpan.FromSeconds(1));
        rules.AtMost(nameof(MeshFailureWeight), MeshFailureWeight, 0);
        rules.Decay(nameof(MeshFailureDecay), MeshFailureDecay);
        rules.AtMost(nameof(InvalidMessagesWeight), InvalidMessagesWeight, 0);
        rules.Decay(nameof(InvalidMessagesDecay), InvalidMessagesDecay);
        return rules.Faults;
    }
}
