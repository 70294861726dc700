using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DChat.Abstractions.Diagnostics;

/// <summary>Where DChat's traces and metrics come from. Subscribe to the source and the meter called <see cref="Name"/>.</summary>
public static class DChatTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "DChat";

    /// <summary>Spans <c>dchat.publish</c>, <c>dchat.admit</c>, <c>dchat.append</c> and <c>dchat.deliver</c>.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Instruments <c>dchat.*</c>.</summary>
    public static Meter Meter { get; } = new(Name);
}
