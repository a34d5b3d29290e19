"""The teacher's desk: like hand-ins, exports, and a course of several exercises."""
