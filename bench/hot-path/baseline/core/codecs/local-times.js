"use strict";
Object.defineProperty(exports, "__esModule", {
    value: true
});
Object.defineProperty(exports, "LocalTimes", {
    enumerable: true,
    get: function() {
        return LocalTimes;
    }
});
const _luxon = require("luxon");
const DAY = 86_400;
class LocalTimes {
    #zone;
    #years = new Map();
    constructor(timeZone){
        this.#zone = _luxon.IANAZone.create(timeZone);
    }
    /** Whether there is a zone of this name. */ static knows(timeZone) {
        return _luxon.IANAZone.isValidZone(timeZone);
    }
    /**
   * Seconds that this local time, in seconds since 1970 as if it were UTC, is ahead of UTC. Of a time that comes twice, when clocks
   * are put back, the first is meant; undefined for one that clocks which are put forward skip.
   */ offsetAt(local) {
        // Years of 365.25 days: any even division of time does.
        const year = Math.floor(local / 31_557_600);
        let stretches = this.#years.get(year);
        if (stretches === undefined) this.#years.set(year, stretches = this.#stretches(year));
        for (const { from, to, offset } of stretches){
            if (local >= from + offset && local < to + offset) return offset;
        }
        return undefined;
    }
    /** Two days more at both ends, since no zone is as far from UTC. */ #stretches(year) {
        const begin = year * 31_557_600 - 2 * DAY;
        const end = begin + 31_557_600 + 4 * DAY;
        const stretches = [];
        let open = {
            from: begin,
            to: begin,
            offset: this.#offset(begin)
        };
        for(let day = begin; day < end; day += DAY){
            const next = Math.min(day + DAY, end);
            const offset = this.#offset(next);
            if (offset !== open.offset) {
                open.to = this.#change(day, next, offset);
                stretches.push(open);
                open = {
                    from: open.to,
                    to: next,
                    offset
                };
            }
        }
        stretches.push({
            ...open,
            to: end
        });
        return stretches;
    }
    /** The first second between two at which the offset is that of the second one. */ #change(from, to, offset) {
        let before = from;
        let after = to;
        while(after - before > 1){
            const middle = Math.floor((before + after) / 2);
            if (this.#offset(middle) === offset) after = middle;
            else before = middle;
        }
        return after;
    }
    #offset(seconds) {
        return Math.round(this.#zone.offset(seconds * 1_000) * 60);
    }
}
