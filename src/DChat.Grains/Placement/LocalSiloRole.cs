using DChat.Abstractions.Placement;

namespace DChat.Grains.Placement;

/// <summary>The role of the silo in this process.</summary>
internal sealed record LocalSiloRole(SiloRole Role);
